/**
 * Memory that begins at the border of a page, and how a write is cut along pages. A disk can take whole pages out of such memory by itself
 * (`O_DIRECT`): nothing is copied into the page cache, whose fresh pages cost a virtual machine more than the disk does.
 *
 * The place in memory must have the same phase as the place in the file: both lie equally far behind the border of a page.
 */

/** Of memory and of file systems; a multiple of what any disk asks for. */
export const pageBytes = 4096

const wasmPageBytes = 64 * 1024

/** Memory that is known to begin at a page. */
const known = new WeakSet<ArrayBufferLike>()

/** The part of the global that is used; the types of Node leave it out. */
interface WasmMemory {
  readonly Memory: new (descriptor: { readonly initial: number }) => { readonly buffer: ArrayBuffer }
}

/**
 * So many bytes of memory, to be kept and used again. Begins at a page where the engine can promise it: only the memory of
 * WebAssembly is always mapped in pages.
 */
export function pageBuffer(bytes: number): Buffer {
  try {
    const { Memory } = (globalThis as unknown as { readonly WebAssembly: WasmMemory }).WebAssembly
    const { buffer } = new Memory({ initial: Math.ceil(bytes / wasmPageBytes) })
    known.add(buffer)
    return Buffer.from(buffer, 0, bytes)
  } catch {
    // Switched off, or no address space for its guard pages: the slower way is right, too.
    return Buffer.allocUnsafeSlow(bytes)
  }
}

/** How far `position` lies behind the border of a page. */
export const pagePhase = (position: number): number => position % pageBytes

/** Bytes for one place of a file. */
export interface WritePart {
  readonly buffers: readonly Uint8Array[]
  readonly position: number
  /** Whole pages of the file, in memory that begins at a page. */
  readonly isPages: boolean
}

/** Cuts a write into parts in order, so that whole pages stand alone wherever there are `bytesMin` of them in one buffer. */
export function cutAtPages(buffers: readonly Uint8Array[], position: number, bytesMin: number): readonly WritePart[] {
  const parts: WritePart[] = []
  let loose: Uint8Array[] = []
  let looseAt = position
  let at = position
  const keepLoose = (): void => {
    if (loose.length > 0) parts.push({ buffers: loose, position: looseAt, isPages: false })
    loose = []
  }
  for (const bytes of buffers) {
    const head = (pageBytes - pagePhase(at)) % pageBytes
    const pages = bytes.length - head - pagePhase(bytes.length - head)
    if (pages >= bytesMin && known.has(bytes.buffer) && pagePhase(bytes.byteOffset) === pagePhase(at)) {
      if (head > 0) loose.push(bytes.subarray(0, head))
      keepLoose()
      parts.push({ buffers: [bytes.subarray(head, head + pages)], position: at + head, isPages: true })
      looseAt = at + head + pages
      if (head + pages < bytes.length) loose.push(bytes.subarray(head + pages))
    } else loose.push(bytes)
    at += bytes.length
  }
  keepLoose()
  return parts
}
