/**
 * The Node that runs the sources as they are, which are TypeScript, and their tests: `engines` of package.json. Any
 * Node since 14 can run this file.
 */
export const needed = "Keepsake needs Node 24.11 or newer, or 22.19 or newer of Node 22";

export const isNewEnough = (version) => {
  const [major, minor] = version.split(".").map(Number);
  return major > 24 || (major === 24 && minor >= 11) || (major === 22 && minor >= 19);
};
