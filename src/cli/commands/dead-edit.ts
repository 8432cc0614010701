import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { Command } from 'commander'
import { MetrobusError } from '../../errors/index.ts'
import type { Context, Runner } from '../context.ts'
import { openTarget } from '../target.ts'

/** `metrobus dead edit <place>` */
export const deadEdit = (run: Runner): Command =>
  new Command('edit')
    .description('change the data of one dead letter and replay it')
    .argument('<place>', '<stop>/<partition>/<offset>, as `dead list` names it')
    .option('--data <json>', 'the new data, or - to read it from standard input (default: opens $VISUAL or $EDITOR)')
    .action((place: string, options: { readonly data?: string }, command: Command) =>
      run(command, async (context) => {
        await using target = await openTarget(context, { writes: true })
        const letter = await target.client.deadLetter(place)
        const before = JSON.stringify(letter.data, null, 2)
        const after =
          options.data === undefined
            ? inEditor(context, before)
            : options.data === '-'
              ? await text(context.stdin)
              : options.data
        if (options.data === undefined && after.trim() === before)
          return context.output.note('Nothing was changed, and nothing replayed.')
        const replayed = await target.client.replay({ place }, { data: parsed(after) })
        await context.output.line(context.output.json ? JSON.stringify({ replayed }) : `${replayed} replayed`)
      }),
    )

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch (cause) {
    throw new MetrobusError(
      'MB_BAD_ARGUMENT',
      { argument: 'The new data', problem: 'is not JSON, and nothing was replayed' },
      { cause },
    )
  }
}

/** The data may be confidential: the file is in a folder of this user alone, and goes away in any case. */
function inEditor({ env, stdin, stderr }: Context, before: string): string {
  const editor = env['VISUAL'] ?? env['EDITOR']
  if (editor === undefined || stdin.isTTY !== true || stderr.isTTY !== true)
    throw new MetrobusError('MB_BAD_ARGUMENT', {
      argument: 'The new data',
      problem: 'is missing: give --data, or set EDITOR and use a terminal',
    })
  const folder = mkdtempSync(join(tmpdir(), 'metrobus-edit-'))
  try {
    const file = join(folder, 'data.json')
    writeFileSync(file, `${before}\n`, { mode: 0o600 })
    const { status, error } = spawnSync(`${editor} "${file}"`, { stdio: 'inherit', shell: true })
    if (status !== 0)
      throw new MetrobusError(
        'MB_BAD_ARGUMENT',
        { argument: `The editor "${editor}"`, problem: 'did not end well, and nothing was replayed' },
        { cause: error },
      )
    return readFileSync(file, 'utf8')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
