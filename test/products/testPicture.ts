import { crc32, deflateSync } from "node:zlib";

let made = 0;

/** A square PNG, of 64 × 64 px when not given, in one colour, another one each time. Written by hand, as a product has bytes from anywhere. */
export function testPicture(side = 64): Buffer {
  made += 1;
  const row = [
    0,
    ...Array.from({ length: side }, () => [made & 255, (made * 37) & 255, 99]).flat(),
  ];
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header.set([8, 2], 8); // 8 bits a channel, RGB
  return Buffer.concat([
    Buffer.from("89504e470d0a1a0a", "hex"),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(Buffer.concat(Array.from({ length: side }, () => Buffer.from(row))))),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer) {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const content = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(content));
  return Buffer.concat([length, content, sum]);
}
