/**
 * Types are tested like behaviour: what must compile, what must not, the sentence that the compiler then says, and
 * what it costs the compiler.
 *
 * A case is a TypeScript file. A comment `// error: sentence` says that the next line of code must be refused with
 * a message that holds the sentence; two such comments in a row want two messages. Whatever else the compiler says
 * is a fault. `// cost: at most 5000 instantiations` bounds the file's own cost, beyond what it imports.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

const root = join(import.meta.dirname, '..', '..')

interface Diagnostic {
  readonly file: string
  readonly line: number
  readonly message: string
}

interface Expectation {
  readonly line: number
  readonly sentence: string
}

/** What is wrong with the cases, one sentence each, nothing if all is well. */
export function faultsOf(cases: readonly string[]): readonly string[] {
  const { diagnostics } = compile(cases)
  const files = new Map(cases.map((file) => [file, readFileSync(file, 'utf8')]))
  return [
    ...diagnostics.filter(({ file }) => !files.has(file)).map(describe),
    ...[...files].flatMap(([file, text]) => [
      ...compare(file, expectationsOf(text), diagnostics),
      ...faultsOfCost(file, text),
    ]),
  ]
}

function compare(
  file: string,
  expectations: readonly Expectation[],
  diagnostics: readonly Diagnostic[],
): readonly string[] {
  const unexpected = diagnostics.filter((diagnostic) => diagnostic.file === file)
  const missing: string[] = []
  for (const { line, sentence } of expectations) {
    const found = unexpected.findIndex(
      (diagnostic) => diagnostic.line === line && diagnostic.message.includes(sentence),
    )
    if (found >= 0) unexpected.splice(found, 1)
    else missing.push(`${relative(root, file)}:${line} is not refused with: ${sentence}`)
  }
  return [...missing, ...unexpected.map(describe)]
}

const describe = ({ file, line, message }: Diagnostic): string =>
  `${relative(root, file)}:${line} is refused with: ${message}`

function expectationsOf(text: string): readonly Expectation[] {
  const lines = text.split('\n')
  return lines.flatMap((comment, index) => {
    const sentence = /^\s*\/\/ error: (.+)$/.exec(comment)?.[1]
    if (sentence === undefined) return []
    const code = lines.findIndex((line, at) => at > index && !/^\s*(\/\/|$)/.test(line))
    return [{ line: code + 1, sentence }]
  })
}

function faultsOfCost(file: string, text: string): readonly string[] {
  const max = /^\/\/ cost: at most (\d+) instantiations$/m.exec(text)?.[1]
  if (max === undefined) return []
  const cost = compile([file]).instantiations - withFile(importsOf(file, text), costOfFile)
  return cost <= Number(max) ? [] : [`${relative(root, file)} costs ${cost} instantiations, more than ${max}`]
}

const costOfFile = (file: string): number => compile([file]).instantiations

/** The same imports and nothing else: what the case would cost if it were empty. */
const importsOf = (file: string, text: string): string =>
  [...text.matchAll(/from '(\..+?)'/g)]
    .map(([, specifier = '']) => `import '${resolve(dirname(file), specifier)}'\n`)
    .join('')

const cache = join(root, 'node_modules', '.cache', 'metrobus-types')

function withFile<T>(text: string, use: (file: string) => T): T {
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, 'case-'))
  try {
    const file = join(folder, 'case.ts')
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    writeFileSync(file, text)
    return use(file)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function compile(files: readonly string[]): {
  readonly diagnostics: readonly Diagnostic[]
  readonly instantiations: number
} {
  const config = JSON.stringify({
    extends: join(root, 'tsconfig.json'),
    compilerOptions: { noUnusedLocals: false, noUnusedParameters: false },
    files,
    include: [],
  })
  return withFile('', (empty) => {
    const project = join(dirname(empty), 'tsconfig.json')
    writeFileSync(project, config)
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
    // One checker, so that the same files always give the same count.
    const options = ['-p', project, '--pretty', 'false', '--extendedDiagnostics', '--singleThreaded']
    const { stdout } = spawnSync(process.execPath, [tsc, ...options], {
      cwd: root,
      encoding: 'utf8',
    })
    const instantiations = /^Instantiations:\s+(\d+)$/m.exec(stdout)?.[1]
    if (instantiations === undefined) throw new Error(`The compiler did not run: ${stdout}`)
    return { diagnostics: diagnosticsOf(stdout), instantiations: Number(instantiations) }
  })
}

/** `file(line,column): error TS1: message`, then indented lines that go on with the message. */
function diagnosticsOf(output: string): readonly Diagnostic[] {
  const [messages = ''] = output.split(/^Files:/m)
  return messages
    .split(/\n(?! )/)
    .filter((message) => message.trim() !== '')
    .map((text) => {
      const [, file, line, message = ''] = /^(.+?)\((\d+),\d+\): (?:error TS\d+: )?([^]+)$/.exec(text) ?? []
      if (file === undefined) return { file: root, line: 0, message: text }
      return {
        file: resolve(root, file),
        line: Number(line),
        message: message.replaceAll(/\s+/g, ' ').trim(),
      }
    })
}
