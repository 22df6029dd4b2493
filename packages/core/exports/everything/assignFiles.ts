import { limits } from "@keepsake/contract/limits";

/**
 * Gives pictures, one after the other, their place and their zip: as many in one as fit into
 * `pictures_per_owner_export_file` and `export_file_bytes`, of which at least one.
 */
export function assignFiles() {
  let [position, file_index, pictures, bytes, allBytes] = [0, 0, 0, 0, 0];

  function assign(added: number): { position: number; file_index: number } {
    const hasRoom =
      pictures < limits.pictures_per_owner_export_file && bytes + added <= limits.export_file_bytes;
    if (!hasRoom && pictures > 0) {
      file_index += 1;
      [pictures, bytes] = [0, 0];
    }
    pictures += 1;
    bytes += added;
    allBytes += added;
    position += 1;
    return { position: position - 1, file_index };
  }
  assign.totals = () => ({ items: position, files: file_index + 1, bytes: allBytes });
  return assign;
}
