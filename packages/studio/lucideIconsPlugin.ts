import { readFileSync } from "node:fs";
import type { Plugin } from "vite";

/**
 * Makes `@iconify-json/lucide/icons.json?icon=check` the shapes of that icon alone, so that the page does not load
 * the whole collection. Colour and stroke are those of the `<svg>` around them.
 */
export function lucideIcons(): Plugin {
  return {
    name: "lucide-icons",
    load(id) {
      const [file = "", name] = id.split("?icon=");
      if (!name) return;
      const { icons, aliases }: Collection = JSON.parse(readFileSync(file, "utf8"));
      const icon = icons[aliases[name]?.parent ?? name];
      if (!icon) this.error(`Lucide has no icon ${name}`);
      return { code: `export default ${JSON.stringify(shapes(icon.body))}`, moduleType: "js" };
    },
  };
}

type Collection = {
  icons: Record<string, { body: string }>;
  aliases: Record<string, { parent: string }>;
};

function shapes(svg: string): IconShape[] {
  const elements = [...svg.matchAll(/<(\w+) ([^>]*)\/>/g)];
  return elements.map(([, tag = "", text = ""]) => {
    const attributes = [...text.matchAll(/([\w-]+)="([^"]*)"/g)].filter(
      ([, name = "", value]) => !name.startsWith("stroke") && value !== "none",
    );
    return [tag, Object.fromEntries(attributes.map(([, name, value]) => [name, value]))];
  });
}
