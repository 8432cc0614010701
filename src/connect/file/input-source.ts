/** A source for what a command line names: a file, a pipe by its path, or standard input. */
import { basename } from 'node:path'
import { isPipe, pipeAt, standardInput } from '../../internal/platform/input.ts'
import { nodePlatform } from '../../internal/platform/node.ts'
import type { Source } from '../source.ts'
import { fileSource } from './file-source.ts'
import type { LineOptions } from './file-source.ts'
import { streamSource } from './stream-source.ts'

/** Reads the file `input`, or standard input for `-`. What is no regular file, such as a named pipe, is read as a stream. */
export async function inputSource(input: string, options: LineOptions = {}): Promise<Source> {
  const newId = (): string => nodePlatform.random.id()
  if (input === '-') return streamSource({ ...options, stream: standardInput(), newId })
  if (await isPipe(input)) return streamSource({ ...options, name: basename(input), stream: pipeAt(input), newId })
  return fileSource({ ...options, path: input })
}
