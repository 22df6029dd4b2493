/** The look of the public pages, in light and dark, from 320 px on. */
export const styles = `
:root {
  color-scheme: light dark;
  --paper: #f8f4ed; --surface: #fffdf9; --ink: #231c15; --muted: #655a4e; --line: #e2d8c9; --soft: #f6e4d4; --accent: #74330f;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #15120f; --surface: #1f1a16; --ink: #f4ede4; --muted: #b8aa9a; --line: #3a322a; --soft: #3b2617; --accent: #f7bd91;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.6 system-ui, sans-serif; overflow-wrap: anywhere; }
main { max-width: 70rem; margin: 0 auto; padding: 1rem 1rem 4rem; }
h1, h2, h3 { font-family: ui-serif, Georgia, serif; line-height: 1.2; margin: 0; }
h1 { font-size: clamp(1.9rem, 6vw, 3.2rem); margin-top: 1.5rem; }
h2 { font-size: 1.6rem; margin: 3rem 0 1rem; }
h3 { font-size: 1.25rem; }
p { margin: 0 0 1em; white-space: pre-line; }
.hero { display: block; width: 100%; height: auto; max-height: 70vh; object-fit: cover; border-radius: 18px; background: var(--line); }
.theme { color: var(--muted); margin: .3rem 0 0; }
.story { max-width: 42rem; margin-top: 1.5rem; font-size: 1.1rem; }
.pieces { display: grid; gap: 1.25rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 17rem), 1fr)); }
article { background: var(--surface); border: 1px solid var(--line); border-radius: 18px; padding: 1rem; }
.portrait { display: block; width: 100%; height: auto; aspect-ratio: 1; object-fit: cover; border-radius: 10px; margin-bottom: 1rem; background: var(--line); }
.traits { list-style: none; display: flex; flex-wrap: wrap; gap: .4rem; margin: .6rem 0 0; padding: 0; }
.traits li { border: 1px solid var(--line); border-radius: 1rem; background: var(--soft); color: var(--accent); padding: .1rem .7rem; font-size: .875rem; }
.text { margin-top: .75rem; }
.text p:last-child, .story p:last-child { margin-bottom: 0; }
.missing { text-align: center; padding-top: 20vh; }
.missing p { color: var(--muted); margin-top: .75rem; }
`;
