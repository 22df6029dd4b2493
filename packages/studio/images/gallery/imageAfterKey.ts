import type { Row, Tile } from "./justifiedRows.ts";

/** The image that a key leads to from another one; undefined when the key moves nothing. */
export function imageAfterKey(
  rows: readonly Row[],
  image_id: string,
  key: string,
  isCommand: boolean,
): string | undefined {
  const lines = rows.flatMap(({ tiles }) => (tiles ? [tiles] : []));
  const at = lines.findIndex((tiles) => tiles.some(({ image }) => image.image_id === image_id));
  if (at < 0) return undefined;
  const line = lines[at]!;
  const tile = line.findIndex(({ image }) => image.image_id === image_id);
  const idOf = (tile: Tile | undefined) => tile?.image.image_id;
  const inLine = (steps: number) => {
    const target = Math.max(0, Math.min(lines.length - 1, at + steps));
    return target === at ? image_id : idOf(nearest(lines[target]!, middleOf(line, tile)));
  };
  switch (key) {
    case "ArrowLeft":
      return idOf(tile > 0 ? line[tile - 1] : lines[at - 1]?.at(-1)) ?? image_id;
    case "ArrowRight":
      return idOf(line[tile + 1] ?? lines[at + 1]?.[0]) ?? image_id;
    case "ArrowUp":
      return inLine(-1);
    case "ArrowDown":
      return inLine(1);
    case "PageUp":
      return inLine(-3);
    case "PageDown":
      return inLine(3);
    case "Home":
      return idOf(isCommand ? lines[0]![0] : line[0]);
    case "End":
      return idOf(isCommand ? lines.at(-1)!.at(-1) : line.at(-1));
    default:
      return undefined;
  }
}

/** Of a tile in its row, in pixels; gaps are too small to matter. */
const middleOf = (line: Tile[], tile: number): number =>
  line.slice(0, tile).reduce((sum, { width }) => sum + width, line[tile]!.width / 2);

const nearest = (line: Tile[], x: number): Tile =>
  line.reduce((best, tile, index) => {
    const distance = (index: number) => Math.abs(middleOf(line, index) - x);
    return distance(index) < distance(line.indexOf(best)) ? tile : best;
  }, line[0]!);
