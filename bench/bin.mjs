import { installPeers, run } from "./installPeers.mjs";

/** `npm run bench`: installs the peers if they are missing, and measures. */
installPeers();
run(process.execPath, ["main.ts", ...process.argv.slice(2)]);
