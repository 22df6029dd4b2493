import "../../node/requireNode.mjs";

const [command, ...args] = process.argv.slice(2);
const commands = {
  start: () => import("./commands/start.ts"),
  demo: () => import("./commands/demo.ts"),
  telegram: () => import("./commands/telegram.ts"),
  migrate: () => import("./commands/migrate.ts"),
  example: () => import("./commands/example.ts"),
};
const { main } = await commands[command]();
await main(args).catch((error) => {
  console.error(error.message);
  process.exit(1);
});
