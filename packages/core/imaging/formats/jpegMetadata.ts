import { compactProfile, joinProfile } from "@keepsake/contract/icc/compactProfile";
import { exifOrientation, exifWithOrientation } from "./exif.ts";

/** An APPn segment of a JPEG: its marker and its data. */
export type Application = { marker: number; data: Buffer };

/**
 * The segments that a picture needs to be shown as it was, written anew and always in the same form: JFIF
 * with square pixels and no thumbnail where it was or is needed, Adobe where the components are red, green
 * and blue, EXIF with an orientation other than 1, a compact colour profile other than sRGB. Undefined where
 * decoders could differ, the profile must be converted, or a gain map belongs to the picture.
 */
export function canonicalMetadata(
  applications: Application[],
  componentIds: number[],
): { orientation: number; segments: Buffer[] } | undefined {
  const starting = (marker: number, name: string, minLength = 0) =>
    applications
      .filter(({ data }) => data.length >= minLength)
      .filter((each) => each.marker === marker && startsWith(each.data, name))
      .map(({ data }) => data.subarray(name.length));
  if (applications.some(({ data }) => hasGainMap(data))) return undefined;

  const orientation = orientationOf(starting(app1, "Exif"));
  if (orientation === undefined) return undefined;

  const adobe = starting(app14, "Adobe", 12).map((data) => data[6]!);
  const hasJfif = starting(app0, "JFIF\0", 14).length > 0;
  const colours = coloursOf(componentIds, hasJfif, adobe);
  if (!colours) return undefined;

  const profiles = starting(app2, profileName);
  const profile = profiles.length === 0 ? "srgb" : readProfile(profiles);
  if (!profile || (profile !== "srgb" && colours === "grey")) return undefined;

  const isKnownById = colours === "grey" || componentIds.join() === "1,2,3";
  const segments = colours !== "rgb" && (hasJfif || !isKnownById) ? [jfif] : [];
  if (orientation > 1)
    segments.push(segment(app1, latin1("Exif\0\0"), exifWithOrientation(orientation)));
  if (profile !== "srgb") segments.push(segment(app2, latin1(`${profileName}\x01\x01`), profile));
  if (colours === "rgb") segments.push(adobeRgb);
  return { orientation, segments };
}

/** Whether a segment, or what follows a picture, has a mark of a gain map: Adobe's, ISO's or Apple's. */
export const hasGainMap = (data: Buffer): boolean =>
  gainMapMarks.some((mark) => data.includes(mark, 0, "latin1"));

/** XMP namespaces of Ultra HDR and Apple, and the name of ISO 21496-1's segment. */
const gainMapMarks = ["hdr-gain-map/1.0/", "urn:iso:std:iso:ts:21496:-1", "HDRGainMap"];

/**
 * What the components are, as libjpeg decides: by JFIF, else Adobe, else their ids. Undefined where other
 * decoders could decide otherwise: two answers, or one that does not exist.
 */
function coloursOf(ids: number[], hasJfif: boolean, adobe: number[]) {
  if (ids.length === 1) return "grey";
  const [transform] = adobe;
  if (adobe.some((other) => other !== transform)) return undefined;
  if (transform === 1 || (transform === undefined && hasJfif)) return "ycc";
  if (transform === 0 && !hasJfif) return "rgb";
  if (transform !== undefined) return undefined;
  return latin1("RGB").equals(Buffer.from(ids)) ? "rgb" : "ycc";
}

/** Of EXIF segments, given without their first 4 bytes. */
function orientationOf([exif, ...others]: Buffer[]): number | undefined {
  if (!exif) return 1;
  const isPlain = others.length === 0 && exif.length >= 2 && exif.readUInt16BE(0) === 0;
  return isPlain ? exifOrientation(exif.subarray(2)) : undefined;
}

function readProfile(segments: Buffer[]) {
  const profile = joinProfile(segments);
  return profile && compactProfile(profile);
}

const [app0, app1, app2, app14] = [0xe0, 0xe1, 0xe2, 0xee] as const;

const latin1 = (text: string) => Buffer.from(text, "latin1");

const startsWith = (data: Buffer, name: string) => data.toString("latin1", 0, name.length) === name;

const profileName = "ICC_PROFILE\0";

function segment(marker: number, ...parts: Uint8Array[]): Buffer {
  const data = Buffer.concat(parts);
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(2 + data.length, 2);
  return Buffer.concat([head, data]);
}

/** JFIF 1.02, section 10: version 1.1, square pixels, no thumbnail. */
const jfif = segment(app0, latin1("JFIF\0\x01\x01\0\0\x01\0\x01\0\0"));

/** Adobe's segment (TN5116, section 18): version 100, no flags, components that are not transformed. */
const adobeRgb = segment(app14, latin1("Adobe\0\x64\0\0\0\0\0"));
