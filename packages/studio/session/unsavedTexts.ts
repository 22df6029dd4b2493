/** A text that a person typed; `path` says of what. */
type UnsavedText<Path extends string[]> = { path: Path; value: string };

/**
 * The texts of one kind that people typed and that may not be saved yet, in `localStorage`. Unlike IndexedDB it is
 * written at once, also while the page is being left. Each text has a key of its own, so that two tabs do not
 * overwrite each other's. Where a browser stores nothing, texts are lost with the page.
 */
export function unsavedTexts<Path extends string[]>(kind: string) {
  const prefix = `keepsake ${kind} `;
  const keyOf = (owner: string, path: Path) => prefix + JSON.stringify([owner, ...path]);

  const textsOf = (owner: string): UnsavedText<Path>[] =>
    Object.entries(localStorage).flatMap(([key, value]: [string, string]) => {
      if (!key.startsWith(prefix)) return [];
      const [ofOwner, ...path] = JSON.parse(key.slice(prefix.length));
      return ofOwner === owner ? [{ path, value }] : [];
    });

  return {
    store: (owner: string, path: Path, value: string) =>
      attempt(() => localStorage.setItem(keyOf(owner, path), value)),
    delete: (owner: string, path: Path) =>
      attempt(() => localStorage.removeItem(keyOf(owner, path))),
    of: (owner: string) => attempt(() => textsOf(owner)) ?? [],
    deleteAll: (owner: string) =>
      attempt(() => {
        for (const { path } of textsOf(owner)) localStorage.removeItem(keyOf(owner, path));
      }),
  };
}

/** A browser can forbid storage, or have no room left. */
function attempt<Result>(action: () => Result): Result | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}
