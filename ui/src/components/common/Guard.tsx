/** Keeps a fault in one panel from taking the others with it. */

import { Component, type ErrorInfo, type ReactNode } from "react";
import { Notice } from "./Notice";

interface GuardProps {
  name: string;
  children: ReactNode;
}

export class Guard extends Component<GuardProps, { error: Error | null }> {
  override state: { error: Error | null } = { error: null };

  static getDerivedStateFromError(error: Error): { error: Error } {
    return { error };
  }

  override componentDidCatch(error: Error, info: ErrorInfo): void {
    console.error(`${this.props.name} failed`, error, info.componentStack);
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === null) return this.props.children;
    return (
      <Notice tone="bad">
        {this.props.name} cannot be shown: {error.message}{" "}
        <button className="text-button" onClick={() => this.setState({ error: null })}>
          Try again
        </button>
      </Notice>
    );
  }
}
