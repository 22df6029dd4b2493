import type { Rolldown } from "vite";

type Groups = NonNullable<
  Exclude<Rolldown.OutputOptions["codeSplitting"], boolean | undefined>["groups"]
>;

/** The chunk with all that is loaded before a section is shown. */
export const firstChunk = "app";

/** Libraries that only some sections need, and what the entry loads chunks with. */
const notShared = /@tanstack[\\/](react-)?virtual|@atlaskit[\\/]|preload-helper/;

/**
 * The first load in one chunk, and what several sections share in another: on a slow phone each further file costs
 * more than its bytes. What only one section has is in that section's chunk.
 */
export const chunkGroups = ({ entry, app }: { entry: string; app: string }): Groups => {
  let ofFirst: Set<string> | undefined;
  return [
    {
      debugName: firstChunk,
      name(id, modules) {
        ofFirst ??= importsOf(app, modules).difference(importsOf(entry, modules));
        return ofFirst.has(id) ? firstChunk : null;
      },
      includeDependenciesRecursively: false,
      priority: 1,
    },
    {
      debugName: "sections",
      name: (id) => (notShared.test(id) ? null : "sections"),
      includeDependenciesRecursively: false,
      minShareCount: 2,
    },
  ];
};

/** A module and all that it imports statically. */
function importsOf(first: string, modules: Rolldown.ChunkingContext): Set<string> {
  const ids = new Set([first]);
  for (const id of ids)
    for (const imported of modules.getModuleInfo(id)?.importedIds ?? []) ids.add(imported);
  return ids;
}
