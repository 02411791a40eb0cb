// SPDX-License-Identifier: MIT
// Thumbnails with sharp (npm), with as many requests in flight as there are jobs.
//   node peers-sharp.mjs --version
//   node peers-sharp.mjs LIST OUTPUT SIDE QUALITY JOBS
// LIST holds names that end in NUL, read from the current folder. SHARP_DIR is the folder that has node_modules/sharp.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, parse } from 'node:path';

const require = createRequire(join(process.env.SHARP_DIR ?? process.cwd(), 'package.json'));
const sharp = require('sharp');

if (process.argv[2] === '--version') {
  console.log(`sharp ${sharp.versions.sharp} (libvips ${sharp.versions.vips}), node ${process.versions.node}`);
  process.exit(0);
}

const [list, output, side, quality, jobs] = process.argv.slice(2);
sharp.concurrency(1); // one thread a picture; the parallel work is the requests in flight
sharp.cache(false);

const names = readFileSync(list, 'utf8').split('\0').filter((name) => name !== '');
let next = 0;
let failed = 0;

async function work() {
  while (next < names.length) {
    const name = names[next++];
    try {
      await sharp(name, { failOn: 'none', limitInputPixels: 500e6 })
        .rotate() // by EXIF orientation
        .resize(Number(side), Number(side), { fit: 'inside', withoutEnlargement: true })
        .flatten({ background: '#ffffff' })
        .jpeg({ quality: Number(quality) })
        .toFile(join(output, `${parse(name).name}.jpg`));
    } catch (error) {
      failed++;
      console.error(`${name}: ${error.message}`);
    }
  }
}

await Promise.all(Array.from({ length: Number(jobs) }, work));
process.exit(failed > 0 ? 1 : 0);
