import { compactProfile, joinProfile } from "@keepsake/contract/icc/compactProfile";

/**
 * A JPEG or WebP file without what is not its picture: location, author, device, thumbnails, comments and
 * what follows its end. The pixels stay as they are, and so do the orientation and the colours. A JPEG gets
 * the form that the server would give it, its colour profile included, so that the server publishes it as it
 * was sent. The file itself is returned when it is of another kind, or is not fully understood.
 */
export async function stripMetadata<F extends Blob & { name?: string }>(
  file: F,
): Promise<F | File> {
  try {
    const bytes = new Uint8Array(await file.arrayBuffer());
    const parts = stripJpeg(bytes) ?? stripWebp(bytes);
    const { name = "", type } = file;
    return parts ? new File(parts, name, { type }) : file;
  } catch {
    return file; // it ends too early, or cannot be read
  }
}

type Bytes = Uint8Array<ArrayBuffer>;
type Application = { marker: number; data: Bytes };

/** ISO/IEC 10918-1, annex B. */
function stripJpeg(bytes: Bytes): Bytes[] | undefined {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) return undefined;
  const view = new DataView(bytes.buffer);
  const kept: Bytes[] = [];
  const applications: Application[] = [];
  let componentIds: number[] = [];
  let isScanned = false;

  for (let at = 2; bytes[at] === 0xff; ) {
    const marker = bytes[at + 1]!;
    if (marker === endOfImage) {
      const metadata = isScanned && jpegMetadata(applications, componentIds);
      return metadata ? [binary("\xff\xd8"), ...metadata, ...kept, binary("\xff\xd9")] : undefined;
    }
    let end = at + 2 + view.getUint16(at + 2);
    const data = bytes.subarray(at + 4, end);
    if (marker >= 0xe0 && marker <= 0xef) {
      if (isScanned) return undefined; // decoders differ in whether they read it
      applications.push({ marker, data });
    } else if (marker !== comment) {
      if (marker >= 0xc0 && marker <= 0xc2) {
        if (componentIds.length > 0) return undefined;
        componentIds = Array.from({ length: data[5]! }, (_, index) => data[6 + 3 * index]!);
      } else if (marker === startOfScan) {
        isScanned = true;
        end = endOfScan(bytes, end);
      } else if (!tables.includes(marker)) return undefined;
      kept.push(bytes.subarray(at, end));
    }
    at = end;
  }
  return undefined;
}

const endOfImage = 0xd9;
const startOfScan = 0xda;
const comment = 0xfe;
/** DHT, DQT, DRI. */
const tables = [0xc4, 0xdb, 0xdd];

/** Where the next marker is that is no restart marker. */
function endOfScan(bytes: Bytes, start: number): number {
  let at = bytes.indexOf(0xff, start);
  while (at >= 0 && (bytes[at + 1] === 0 || bytes[at + 1]! >> 3 === 26))
    at = bytes.indexOf(0xff, at + 2);
  return at; // -1, where a JPEG has no marker, when the end is missing
}

/** What a JPEG needs to be shown as it was; undefined where decoders could differ, or it is not grey or YCbCr. */
function jpegMetadata(applications: Application[], ids: number[]): Bytes[] | undefined {
  const named = (wanted: number, name: string) =>
    applications.flatMap(({ marker, data }) =>
      marker === wanted && text(data, 0, name.length) === name ? data.subarray(name.length) : [],
    );
  const [exif, ...others] = named(0xe1, "Exif");
  const orientation = exif ? text(exif, 0, 2) === "\0\0" && orientationOf(exif.subarray(2)) : 1;
  const hasJfif = named(0xe0, "JFIF\0").some(({ length }) => length > 8);
  const isAdobe = named(0xee, "Adobe").map((data) => data[6] === 1);
  const names = `${ids}`;
  const isGrey = ids.length === 1;
  const isYcc = ids.length === 3 && !isAdobe.includes(false) && names !== "82,71,66";
  if (!orientation || others.length > 0 || !(isGrey || isYcc)) return undefined;

  const profiles = named(0xe2, profileName);
  return [
    ...(hasJfif || !(isGrey || names === "1,2,3")
      ? segment(0xe0, binary("JFIF\0\x01\x01\0\0\x01\0\x01\0\0"))
      : []),
    ...(orientation > 1 ? segment(0xe1, binary("Exif\0\0"), exifWith(orientation)) : []),
    ...shorterProfile(profiles, isGrey).flatMap((data) => segment(0xe2, binary(profileName), data)),
  ];
}

/** The segments of a colour profile as the server would write them; as they are when it would convert the picture. */
function shorterProfile(segments: Bytes[], isGrey: boolean): Bytes[] {
  const profile = joinProfile(segments);
  const compact = profile && compactProfile(profile);
  if (compact === "srgb") return [];
  return compact && !isGrey ? [new Uint8Array([1, 1, ...compact])] : segments;
}

const profileName = "ICC_PROFILE\0";

function segment(marker: number, name: Bytes, data = binary("")): Bytes[] {
  const length = 2 + name.length + data.length;
  return [new Uint8Array([0xff, marker, length >> 8, length & 255]), name, data];
}

/** RFC 9649, section 2. */
function stripWebp(bytes: Bytes): Bytes[] | undefined {
  if (text(bytes, 0, 4) !== "RIFF" || text(bytes, 8, 4) !== "WEBP") return undefined;
  const view = new DataView(bytes.buffer);
  const fileEnd = 8 + view.getUint32(4, true);
  let extended: Bytes | undefined;
  let exif: Bytes | undefined;
  const kept: Bytes[] = [];
  for (let at = 12; at < fileEnd; ) {
    const type = text(bytes, at, 4);
    const end = at + 8 + view.getUint32(at + 4, true);
    const next = end + (end & 1);
    if (next > fileEnd || next > bytes.length) return undefined;
    const chunk = bytes.slice(at, next);
    if (type === "EXIF") exif ??= bytes.subarray(at + 8, end);
    if (type === "VP8X") extended = chunk;
    if (pictureChunks.includes(type)) kept.push(chunk);
    at = next;
  }
  if (exif && text(exif, 0, 4) === "Exif") exif = exif.subarray(6);
  const orientation = exif ? orientationOf(exif) : 1;
  if (!orientation) return undefined;
  if (orientation > 1) kept.push(binary("EXIF\x1a\0\0\0"), exifWith(orientation));
  if (extended) extended[8]! &= orientation > 1 ? ~xmpFlag : ~(xmpFlag | exifFlag);
  const head = binary("RIFF\0\0\0\0WEBP");
  const length = kept.reduce((sum, chunk) => sum + chunk.length, 4);
  new DataView(head.buffer).setUint32(4, length, true);
  return [head, ...kept];
}

const pictureChunks = ["VP8 ", "VP8L", "VP8X", "ALPH", "ANIM", "ANMF", "ICCP"];
const exifFlag = 8;
const xmpFlag = 4;

/** As the server reads it: 1 where there is none; undefined where decoders differ. Exif 2.32, section 4.6.4. */
function orientationOf(tiff: Bytes): number | undefined {
  const order = text(tiff, 0, 4);
  const isLittle = order === "II*\0";
  if (tiff.length < 14 || !(isLittle || order === "MM\0*")) return 1;
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.length);
  const uint16 = (at: number) => view.getUint16(at, isLittle);
  const directory = view.getUint32(4, isLittle);
  if (directory + 2 > tiff.length) return 1;
  const end = Math.min(tiff.length - 11, directory + 2 + 12 * uint16(directory));
  let orientation: number | undefined;
  for (let at = directory + 2; at < end; at += 12)
    if (uint16(at) === 0x112) {
      if (orientation || uint16(at + 2) !== 3 || view.getUint32(at + 4, isLittle) !== 1)
        return undefined;
      const value = uint16(at + 8);
      orientation = value >= 1 && value <= 8 ? value : 1;
    }
  return orientation ?? 1;
}

/** The shortest EXIF data with an orientation, which is below 9. */
const exifWith = (orientation: number) =>
  binary(
    `MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0${String.fromCharCode(orientation)}\0\0\0\0\0\0`,
  );

/** Bytes as Latin-1. */
const text = (bytes: Bytes, at: number, length: number) =>
  String.fromCharCode(...bytes.subarray(at, at + length));

const binary = (latin1: string) => Uint8Array.from(latin1, (character) => character.charCodeAt(0));
