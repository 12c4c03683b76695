"""Features: one definition of a number that models see, computed alike from the archive and from the live stream."""

from ml.features.batch import Knowledge, compute_features
from ml.features.model import Feature, check_features, load_features, parse_features, reference_features
from ml.features.registry import FeatureRegistry, RegisteredFeature
from ml.features.stream import FeatureStream, StreamCounts
from ml.features.table import FeatureTable

__all__ = [
    "Feature",
    "FeatureRegistry",
    "FeatureStream",
    "FeatureTable",
    "Knowledge",
    "RegisteredFeature",
    "StreamCounts",
    "check_features",
    "compute_features",
    "load_features",
    "parse_features",
    "reference_features",
]
