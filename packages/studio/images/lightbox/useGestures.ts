import { type PointerEvent, type RefObject, useEffect, useRef, useState } from "react";
import type { ZoomActions } from "./useZoom.ts";

type Point = { x: number; y: number };

type Parts = {
  stage: RefObject<HTMLElement | null>;
  zoom: ZoomActions;
  /** To the next image, or with -1 to the previous one. */
  onStep(step: 1 | -1): void;
};

const tapMs = 300;
const tapPx = 12;
const doubleTapPx = 40;
const flickPx = 40;
const doubleTapZoom = 2.5;

/**
 * Pinch, wheel and double tap or click zoom; a drag pans a picture that is zoomed, and else swipes to the next one.
 * `swipe` is how far the picture is dragged aside, in px.
 */
export function useGestures({ stage, zoom, onStep }: Parts) {
  const [swipe, setSwipe] = useState(0);
  const [isDragging, setIsDragging] = useState(false);
  const pointers = useRef(new Map<number, Point>()).current;
  const drag = useRef({ start: { x: 0, y: 0 }, at: 0, isSwipe: false, hasPinched: false });
  const lastTap = useRef({ at: 0, point: { x: 0, y: 0 } });
  useWheel(stage, zoom);

  const fromCentre = ({ x, y }: Point): Point => {
    const { left, top, width, height } = stage.current!.getBoundingClientRect();
    return { x: x - left - width / 2, y: y - top - height / 2 };
  };

  const onPointerDown = (event: PointerEvent) => {
    if (event.button !== 0 || (event.target as Element).closest("button, a")) return;
    stage.current?.setPointerCapture(event.pointerId);
    const point = pointOf(event);
    pointers.set(event.pointerId, point);
    setIsDragging(true);
    if (pointers.size === 1)
      drag.current = { start: point, at: event.timeStamp, isSwipe: false, hasPinched: false };
    else {
      drag.current.hasPinched = true;
      setSwipe(0);
    }
  };

  const onPointerMove = (event: PointerEvent) => {
    const before = pointers.get(event.pointerId);
    if (!before) return;
    const point = pointOf(event);
    if (pointers.size === 2) {
      const [one, two] = [...pointers.values()] as [Point, Point];
      const was = { middle: middle(one, two), spread: distance(one, two) };
      pointers.set(event.pointerId, point);
      const [first, second] = [...pointers.values()] as [Point, Point];
      const is = { middle: middle(first, second), spread: distance(first, second) };
      zoom.pan(is.middle.x - was.middle.x, is.middle.y - was.middle.y);
      zoom.by(is.spread / Math.max(was.spread, 1), fromCentre(is.middle));
      return;
    }
    pointers.set(event.pointerId, point);
    if (pointers.size > 2 || drag.current.hasPinched) return;
    if (zoom.current().zoom > 1) return zoom.pan(point.x - before.x, point.y - before.y);
    const [dx, dy] = [point.x - drag.current.start.x, point.y - drag.current.start.y];
    if (Math.abs(dx) > tapPx && Math.abs(dx) > Math.abs(dy)) drag.current.isSwipe = true;
    if (drag.current.isSwipe) setSwipe(dx);
  };

  const onPointerUp = (event: PointerEvent) => {
    if (!pointers.delete(event.pointerId) || pointers.size > 0) return;
    const { start, at, isSwipe, hasPinched } = drag.current;
    const point = pointOf(event);
    const ms = event.timeStamp - at;
    setSwipe(0);
    setIsDragging(false);
    if (hasPinched || event.type === "pointercancel") return;
    if (isSwipe) {
      const dx = point.x - start.x;
      const isFlick = ms < tapMs && Math.abs(dx) > flickPx;
      if (isFlick || Math.abs(dx) > stage.current!.clientWidth / 4) onStep(dx < 0 ? 1 : -1);
    } else if (ms < tapMs && distance(start, point) < tapPx) tap(point, event.timeStamp);
  };

  const tap = (point: Point, at: number) => {
    const { current: last } = lastTap;
    const isDouble = at - last.at < tapMs * 1.5 && distance(last.point, point) < doubleTapPx;
    lastTap.current = { at: isDouble ? 0 : at, point };
    if (!isDouble) return;
    if (zoom.current().zoom > 1) zoom.fit();
    else zoom.to(doubleTapZoom, fromCentre(point));
  };

  return {
    swipe,
    isDragging,
    handlers: { onPointerDown, onPointerMove, onPointerUp, onPointerCancel: onPointerUp },
  };
}

/** The wheel zooms at the pointer. React's own listener could not keep the page from scrolling. */
function useWheel(stage: RefObject<HTMLElement | null>, zoom: ZoomActions) {
  useEffect(() => {
    const element = stage.current;
    if (!element) return;
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      const { left, top, width, height } = element.getBoundingClientRect();
      // a mouse's wheel turns by 100 or so, a touchpad's pinch (which says Ctrl) by a few
      const delta = Math.min(Math.max(event.deltaY, -100), 100) * (event.ctrlKey ? 5 : 1);
      zoom.by(Math.exp(-delta / 400), {
        x: event.clientX - left - width / 2,
        y: event.clientY - top - height / 2,
      });
    };
    element.addEventListener("wheel", onWheel, { passive: false });
    return () => element.removeEventListener("wheel", onWheel);
  }, [stage, zoom]);
}

const pointOf = ({ clientX: x, clientY: y }: PointerEvent): Point => ({ x, y });
const distance = (one: Point, two: Point) => Math.hypot(one.x - two.x, one.y - two.y);
const middle = (one: Point, two: Point) => ({ x: (one.x + two.x) / 2, y: (one.y + two.y) / 2 });
