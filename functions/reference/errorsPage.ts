import { type File, page } from "./compressedFileResponse.ts";
import {
  aboutErrors,
  aboutFront,
  errorColumns,
  errorRows,
  frontColumns,
  frontRows,
} from "./errorTableRows.ts";
import { escapeHtml, htmlDocument, policy } from "./htmlDocument.ts";

/** Every error as a page without scripts. Each row has its code as an anchor, such as `/docs/errors#image.damaged`. */
export function errorsPage(): File {
  const body = `<main>
<h1>Errors</h1>
<p><a href="/docs">Reference of the API</a></p>
${aboutErrors.map((text) => `<p>${toHtml(text)}</p>`).join("\n")}
${table("Errors by status", errorColumns, errorRows())}
<p>${toHtml(aboutFront)}</p>
${table("Errors in front of the functions", frontColumns, frontRows())}
</main>`;
  return page(
    htmlDocument("Errors of the Keepsake API", `<style>${styles}</style>\n`, body),
    policy("img-src data:; style-src 'unsafe-inline'"),
  );
}

function table(caption: string, columns: string[], rows: string[][]) {
  const head = columns.map((column) => `<th scope="col">${column}</th>`).join("");
  const lines = rows.map((cells) => {
    const [, code] = /^`(.+)`$/.exec(cells[1]!) ?? [];
    const data = cells.map((cell) => `<td>${toHtml(cell)}</td>`).join("");
    return `<tr${code === undefined ? "" : ` id="${code}"`}>${data}</tr>`;
  });
  return `<div class="wide" tabindex="0" role="region" aria-label="${caption}"><table>
<caption>${caption}</caption>
<thead><tr>${head}</tr></thead>
<tbody>
${lines.join("\n")}
</tbody></table></div>`;
}

/** The little Markdown that the texts have: code and bold. */
const toHtml = (markdown: string) =>
  escapeHtml(markdown)
    .replace(/`([^`]+)`/g, "<code>$1</code>")
    .replace(/\*\*([^*]+)\*\*/g, "<strong>$1</strong>");

const styles = `
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 80rem; margin: 0 auto; padding: 1rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; font-weight: bold; padding: .5rem 0; }
th, td { text-align: left; vertical-align: top; padding: .4rem .6rem; border-top: 1px solid #8886; }
tr:target { background: #fc05; }
`;
