/** Moving about on the time axis of a plot: drag, wheel and keys change the range, the pointer moves the cursor. */

import { type KeyboardEvent, type PointerEvent, useEffect, useRef, useState } from "react";
import { between, panned, type Span, zoomed } from "../../lib/plot";
import { linearScale, type Scale } from "../../lib/scale";

export const LEFT = 64;
export const RIGHT = 10;
const LEAST_DRAG_PX = 5;

interface AxisProps {
  edges: readonly [number, number];
  width: number;
  at: number | null;
  onAt: (at: number | null) => void;
  onSpan: (span: Span) => void;
  /** The point after (1) or before (-1) the cursor, Unix ms; null where there is none. */
  neighbour: (at: number | null, step: 1 | -1) => number | null;
}

export interface TimeAxis {
  x: Scale;
  /** The range that is being drawn with the pointer, in pixels. */
  drag: readonly [number, number] | null;
  bind: {
    ref: (element: SVGSVGElement | null) => void;
    onPointerDown: (event: PointerEvent<SVGSVGElement>) => void;
    onPointerMove: (event: PointerEvent<SVGSVGElement>) => void;
    onPointerUp: () => void;
    onPointerCancel: () => void;
    onPointerLeave: () => void;
    onKeyDown: (event: KeyboardEvent) => void;
  };
}

export function useTimeAxis({ edges, width, at, onAt, onSpan, neighbour }: AxisProps): TimeAxis {
  const [element, setElement] = useState<SVGSVGElement | null>(null);
  const [drag, setDrag] = useState<readonly [number, number] | null>(null);
  const x = linearScale(edges, [LEFT, width - RIGHT]);
  const inside = (px: number): number => Math.min(Math.max(px, LEFT), width - RIGHT);
  const wheel = useRef<(event: WheelEvent) => void>(() => undefined);
  wheel.current = (event) => {
    const px = event.clientX - element!.getBoundingClientRect().left;
    if (px < LEFT || event.deltaY === 0) return;
    event.preventDefault();
    onSpan(zoomed(edges, x.invert(inside(px)), event.deltaY > 0 ? 1.5 : 1 / 1.5));
  };
  useEffect(() => {
    if (element === null) return;
    const heard = (event: WheelEvent): void => wheel.current(event); // React's own listener cannot keep the page from scrolling
    element.addEventListener("wheel", heard, { passive: false });
    return () => element.removeEventListener("wheel", heard);
  }, [element]);
  const pixel = (event: PointerEvent<SVGSVGElement>): number => event.clientX - event.currentTarget.getBoundingClientRect().left;
  const keys: Readonly<Record<string, () => void>> = {
    ArrowLeft: () => onSpan(panned(edges, -0.2)),
    ArrowRight: () => onSpan(panned(edges, 0.2)),
    "+": () => onSpan(zoomed(edges, at ?? (edges[0] + edges[1]) / 2, 0.5)),
    "-": () => onSpan(zoomed(edges, at ?? (edges[0] + edges[1]) / 2, 2)),
    ",": () => onAt(neighbour(at, -1) ?? at),
    ".": () => onAt(neighbour(at, 1) ?? at),
    Escape: () => (drag === null ? onAt(null) : setDrag(null)),
  };
  return {
    x,
    drag,
    bind: {
      ref: setElement,
      onPointerDown: (event) => {
        const px = pixel(event);
        if (event.button !== 0 || px < LEFT) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        setDrag([inside(px), inside(px)]);
      },
      onPointerMove: (event) => {
        const px = pixel(event);
        if (drag !== null) setDrag([drag[0], inside(px)]);
        onAt(px < LEFT || px > width - RIGHT ? null : x.invert(px));
      },
      onPointerUp: () => {
        if (drag !== null && Math.abs(drag[1] - drag[0]) >= LEAST_DRAG_PX) onSpan(between(x.invert(drag[0]), x.invert(drag[1])));
        setDrag(null);
      },
      onPointerCancel: () => setDrag(null),
      onPointerLeave: () => drag === null && onAt(null),
      onKeyDown: (event) => {
        const act = keys[event.key === "=" ? "+" : event.key];
        if (act === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
        event.preventDefault();
        act();
      },
    },
  };
}
