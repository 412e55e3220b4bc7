import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { makeArchive } from './contents.ts';

const BUILD = join(import.meta.dirname, '..', '..', 'build');

/** Writes the source archive to build/, and build/archive.json that says which it is: Terraform reads it there. */
const archive = makeArchive();
mkdirSync(BUILD, { recursive: true });
const path = join(BUILD, archive.name);
writeFileSync(path, archive.bytes);
const description = {
  path: `build/${archive.name}`,
  name: archive.name,
  sha256: archive.sha256,
  bytes: archive.bytes.byteLength,
  files: archive.contents.size,
};
writeFileSync(join(BUILD, 'archive.json'), `${JSON.stringify(description, null, 2)}\n`);
console.log(
  `${relative(process.cwd(), path)}: ${archive.contents.size} files, ${Math.ceil(archive.bytes.byteLength / 1_024)} KiB`,
);
