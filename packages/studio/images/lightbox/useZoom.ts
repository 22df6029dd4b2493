import { type RefObject, useEffect, useMemo, useRef, useState } from "react";

/** How large a picture is drawn, 1 when it fits, and how far its centre is from the stage's, in px. */
export type View = { zoom: number; x: number; y: number };

type Point = { x: number; y: number };

const fitted: View = { zoom: 1, x: 0, y: 0 };
const maxZoom = 8;
const step = 1.6;

/** Zooms and pans the picture in `frame`, within `stage`. Each picture starts fitted. */
export function useZoom(
  pictureId: string,
  stage: RefObject<HTMLElement | null>,
  frame: RefObject<HTMLElement | null>,
) {
  const [state, setState] = useState({ pictureId, view: fitted });
  const view = state.pictureId === pictureId ? state.view : fitted;
  const latest = useRef(view);
  latest.current = view;

  const actions = useMemo(() => {
    const set = (next: View) => {
      const view = next.zoom <= 1 ? fitted : within(next, stage.current, frame.current);
      latest.current = view; // several events may come before the next render
      setState({ pictureId, view });
    };
    const to = (zoom: number, at: Point = { x: 0, y: 0 }) => {
      const { current } = latest;
      const next = Math.min(Math.max(zoom, 1), maxZoom);
      const moved = next / current.zoom;
      set({
        zoom: next,
        x: at.x - (at.x - current.x) * moved,
        y: at.y - (at.y - current.y) * moved,
      });
    };
    return {
      /** The point, from the stage's centre, stays where it is. */
      to,
      by: (factor: number, at?: Point) => to(latest.current.zoom * factor, at),
      in: () => to(latest.current.zoom * step),
      out: () => to(latest.current.zoom / step),
      fit: () => set(fitted),
      pan(dx: number, dy: number) {
        const { zoom, x, y } = latest.current;
        set({ zoom, x: x + dx, y: y + dy });
      },
      current: () => latest.current,
    };
  }, [pictureId, stage, frame]);

  useEffect(() => {
    const keepWithin = () => latest.current.zoom > 1 && actions.pan(0, 0);
    addEventListener("resize", keepWithin);
    return () => removeEventListener("resize", keepWithin);
  }, [actions]);
  return { view, actions, canZoomIn: view.zoom < maxZoom, canZoomOut: view.zoom > 1 };
}

export type ZoomActions = ReturnType<typeof useZoom>["actions"];

/** The edges of the picture are not drawn further in than those of the stage. */
function within({ zoom, x, y }: View, stage: HTMLElement | null, frame: HTMLElement | null): View {
  if (!stage || !frame) return { zoom, x, y };
  const clamp = (value: number, most: number) =>
    Math.min(Math.max(value, -Math.max(most, 0)), Math.max(most, 0));
  return {
    zoom,
    x: clamp(x, (frame.offsetWidth * zoom - stage.clientWidth) / 2),
    y: clamp(y, (frame.offsetHeight * zoom - stage.clientHeight) / 2),
  };
}
