import sharp, { type Sharp } from "sharp";

/** A picture with smooth areas, edges and some detail, in colours that differ from corner to corner. */
export function drawnPicture(width: number, height: number): Sharp {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
    <defs><linearGradient id="sky" x2="1" y2="1">
      <stop stop-color="#f4a261"/><stop offset="0.5" stop-color="#2a9d8f"/><stop offset="1" stop-color="#264653"/>
    </linearGradient></defs>
    <rect width="100%" height="100%" fill="url(#sky)"/>
    <circle cx="25%" cy="30%" r="12%" fill="#e9c46a"/>
    <path d="M0 ${height} L${width / 3} ${height / 2} L${width} ${height}" fill="#e76f51"/>
  </svg>`;
  return sharp(Buffer.from(svg)).removeAlpha();
}
