import { type ComponentType, type ReactNode, useEffect, useState } from "react";
import { Button } from "./Button.tsx";

/**
 * A part of the page in a chunk of its own, which is loaded when it is first shown, or by `preload`. When the chunk cannot
 * be loaded, the page offers to reload itself: a new release may have replaced it.
 */
export function lazyPart<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
  loading: ReactNode = null,
) {
  let loaded: ComponentType<Props> | undefined;
  let loadingOnce: Promise<ComponentType<Props>> | undefined;
  const loadOnce = () => {
    loadingOnce ??= load().then(
      (part) => {
        loaded = part;
        return part;
      },
      (error) => {
        loadingOnce = undefined;
        throw error;
      },
    );
    return loadingOnce;
  };

  function LazyPart(props: Props) {
    const [Part, setPart] = useState(() => loaded);
    const [hasFailed, setHasFailed] = useState(false);
    useEffect(() => {
      if (Part) return;
      loadOnce().then(
        (part) => setPart(() => part),
        () => setHasFailed(true),
      );
    }, []);
    if (Part) return <Part {...props} />;
    if (!hasFailed) return loading;
    return (
      <div role="alert">
        <p>This part of the page could not be loaded. Check your connection.</p>
        <Button onClick={() => location.reload()}>Reload the page</Button>
      </div>
    );
  }
  return Object.assign(LazyPart, { preload: () => void loadOnce().catch(() => {}) });
}
