"""Anomalies as alerts: what people see, judge and find again, and what is learned from their judgement."""
