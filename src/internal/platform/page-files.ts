/** The built files of the console, read once. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Beside the compiled code in the package, and where the builder leaves them in the repository. */
const folders = ['../../console/', '../../../console/dist/'].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
)

/** By path, as `/assets/index.js`; undefined when the console is not built. */
export function consoleFiles(): ReadonlyMap<string, Buffer> | undefined {
  for (const folder of folders) {
    const files = filesIn(folder)
    if (files?.has('/index.html') === true) return files
  }
  return undefined
}

function filesIn(folder: string): ReadonlyMap<string, Buffer> | undefined {
  try {
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
    return new Map(
      entries
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .map((path) => [`/${path.slice(folder.length).replaceAll('\\', '/')}`, readFileSync(path)]),
    )
  } catch {
    return undefined
  }
}
