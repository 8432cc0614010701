import { addAbortSignal } from 'node:stream'
import { Command } from 'commander'
import type { SendAnswer, SentEvent } from '../../admin/answers.ts'
import { MetrobusError } from '../../errors/index.ts'
import type { Context, Runner } from '../context.ts'
import { exitCode } from '../exit-code.ts'
import { pair } from '../parse.ts'
import { openTarget } from '../target.ts'
import type { Target } from '../target.ts'

interface SendCommandOptions {
  readonly id?: string
  readonly header?: Readonly<Record<string, string>>
  readonly type?: string
  readonly source?: string
}

/** Lines of one request: they share a sync. */
const batchMax = 500

/** `metrobus send <entry> [data|-]` */
export const command = (run: Runner): Command =>
  new Command('send')
    .description('send an event to an entry; it is durable when its receipt is printed')
    .argument('<entry>', 'name of the entry')
    .argument('[data]', 'the data as JSON, or - for one event a line of standard input', '-')
    .option('--id <id>', 'the event id; one id sent twice is one event')
    .option('--header <name=value>', 'a header; may be repeated', pair)
    .option('--type <type>', 'CloudEvents type (default: name of the entry)')
    .option('--source <uri>', 'CloudEvents source')
    .action((entry: string, data: string, options: SendCommandOptions, command: Command) =>
      run(command, async (context) => {
        if (data === '-' && options.id !== undefined)
          throw new MetrobusError('MB_BAD_ARGUMENT', {
            argument: '--id',
            problem: 'names one event and cannot go with events from standard input',
          })
        await using target = await openTarget(context, { writes: true })
        const { header: headers, ...rest } = options
        const fields = { ...rest, ...(headers !== undefined && { headers }) }
        if (data !== '-') return await sendOne(context, target, entry, { ...fields, data: parsed(data) })
        for await (const lines of numberedLines(context)) await sendLines(context, target, entry, fields, lines)
      }),
    )

async function sendOne(context: Context, target: Target, entry: string, event: SentEvent): Promise<void> {
  const [answer] = await target.client.send(entry, [event])
  if (answer !== undefined) await printed(context, answer)
}

interface Line {
  readonly number: number
  readonly text: string
}

/** What has arrived so far goes at once: somebody may be typing. Blank lines are left out. */
async function* numberedLines({ stdin, signal }: Context): AsyncGenerator<readonly Line[]> {
  let rest = ''
  let number = 0
  const numbered = (texts: readonly string[]): Line[] =>
    texts.map((text) => ({ number: ++number, text })).filter(({ text }) => text.trim() !== '')
  for await (const chunk of addAbortSignal(signal, stdin.setEncoding('utf8'))) {
    const texts = (rest + String(chunk)).split('\n')
    rest = texts.pop() ?? ''
    const lines = numbered(texts)
    for (let from = 0; from < lines.length; from += batchMax) yield lines.slice(from, from + batchMax)
  }
  if (rest.trim() !== '') yield numbered([rest])
}

/** A line that is not JSON or that the entry refuses is told with its number, and the others go. */
async function sendLines(
  context: Context,
  target: Target,
  entry: string,
  fields: Omit<SentEvent, 'data'>,
  lines: readonly Line[],
): Promise<void> {
  const sent: { readonly number: number; readonly event: SentEvent }[] = []
  for (const { number, text } of lines) {
    try {
      sent.push({ number, event: { ...fields, data: parsed(text) } })
    } catch (error) {
      refused(context, number, error)
    }
  }
  if (sent.length === 0) return
  const answers = await target.client.send(
    entry,
    sent.map(({ event }) => event),
  )
  for (const [index, answer] of answers.entries()) {
    try {
      await printed(context, answer)
    } catch (error) {
      refused(context, sent[index]!.number, error)
    }
  }
}

function refused(context: Context, number: number, error: unknown): void {
  context.output.failure(new MetrobusError('MB_LINE_REFUSED', { line: number }, { cause: error }))
  context.exitCode = exitCode.failed
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new MetrobusError(
      'MB_BAD_ARGUMENT',
      { argument: 'The data', problem: `is not JSON; texts are quoted, as in '{"name":"Ada"}'` },
      { cause },
    )
  }
}

async function printed({ output }: Context, answer: SendAnswer): Promise<void> {
  if ('error' in answer) throw new MetrobusError('MB_ANSWERED', { ...answer.error, status: 422 })
  await output.line(output.json ? JSON.stringify(answer) : textOf(answer))
}

const textOf = (answer: Exclude<SendAnswer, { error: unknown }>): string =>
  answer.duplicate ? `${answer.id} (had been sent before)` : answer.id
