/// <reference types="vite/client" />

/** The name of an SVG element and its attributes. */
type IconShape = [tag: string, attributes: Record<string, string>];

declare module "@iconify-json/lucide/icons.json?icon=*" {
  const shapes: IconShape[];
  export default shapes;
}
