// SPDX-License-Identifier: MIT
// Renditions for web pages with sharp (npm): each photo is decoded once, and all sizes and formats are made of that.
//   node renditions-sharp.mjs --version
//   node renditions-sharp.mjs LIST OUTPUT SIZES FORMATS QUALITY JOBS
// LIST holds names that end in NUL. SIZES and FORMATS are words with commas. SHARP_DIR is the folder that has
// node_modules/sharp. A clone() of a file would decode it again, so the pixels of the largest size, for which libjpeg
// reduces on the way, are kept, and clones are of them. A photo smaller than several sizes is written once for these.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, parse } from 'node:path';

const require = createRequire(join(process.env.SHARP_DIR ?? process.cwd(), 'package.json'));
const sharp = require('sharp');

if (process.argv[2] === '--version') {
  console.log(`sharp ${sharp.versions.sharp} (libvips ${sharp.versions.vips}), node ${process.versions.node}`);
  process.exit(0);
}

const [list, output, sizeWords, formatWords, qualityWord, jobs] = process.argv.slice(2);
const sizes = sizeWords.split(',').map(Number).sort((a, b) => a - b);
const formats = formatWords.split(',');
const quality = Number(qualityWord);
sharp.concurrency(1); // one thread a picture; the parallel work is the requests in flight
sharp.cache(false);

const names = readFileSync(list, 'utf8').split('\0').filter((name) => name !== '');
let next = 0;
let failed = 0;

async function renditions(name, number) {
  const largest = sizes[sizes.length - 1];
  const { data, info } = await sharp(name, { failOn: 'none', limitInputPixels: 500e6 })
    .rotate() // by EXIF orientation
    .resize(largest, largest, { fit: 'inside', withoutEnlargement: true })
    .flatten({ background: '#ffffff' })
    .raw()
    .toBuffer({ resolveWithObject: true });
  const decoded = sharp(data, { raw: { width: info.width, height: info.height, channels: info.channels } });
  const longer = Math.max(info.width, info.height);
  const stem = `${number}-${parse(name).name}`;
  for (const size of sizes) {
    for (const format of formats) {
      await decoded
        .clone()
        .resize(size, size, { fit: 'inside', withoutEnlargement: true })
        .toFormat(format, { quality })
        .toFile(join(output, `${stem}-${size}.${format}`));
    }
    if (size >= longer) break; // what is larger would be the same picture
  }
}

async function work() {
  while (next < names.length) {
    const number = next++;
    try {
      await renditions(names[number], number);
    } catch (error) {
      failed++;
      console.error(`${names[number]}: ${error.message}`);
    }
  }
}

await Promise.all(Array.from({ length: Number(jobs) }, work));
process.exit(failed > 0 ? 1 : 0);
