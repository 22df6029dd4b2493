import { installPeers, run } from "../installPeers.mjs";

/** `npm run lighthouse`: installs Lighthouse if it is missing, and measures Studio's pages. */
installPeers();
run(process.execPath, ["lighthouse/main.ts", ...process.argv.slice(2)]);
