/** Where and for whom `metrobus run --admin` serves: an address, and a file that says who may do what. */
import { readFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { accessForm } from '../admin/access.ts'
import { actKinds } from '../admin/act.ts'
import { form, integer, required, several, text } from '../admin/form.ts'
import type { AdminOptions } from '../admin/serve-admin.ts'
import { auditBeside } from '../admin/shared-audit.ts'
import { MetrobusError } from '../errors/index.ts'
import { consoleFiles } from '../internal/platform/page-files.ts'
import type { Address } from './parse.ts'

/** Beside the journal, where `metrobus admin token` writes and `run --admin` looks. */
export const tokensIn = (dir: string): string => join(dir, 'admin-tokens.json')

const names = several(text, 1_000)

const file = form({
  access: accessForm,
  tls: form({ cert: required(text), key: required(text), ca: text }),
  audit: text,
  traceUrl: text,
  requestsPerSecond: integer({ min: 1, max: 100_000 }),
  approvals: form(
    Object.fromEntries(
      actKinds.map((act) => [act, form({ above: integer({ min: 0, max: Number.MAX_SAFE_INTEGER }) })]),
    ),
  ),
  masks: several(form({ paths: names, headers: names, topics: names, types: names, stops: names }), 1_000),
})

/** Paths in the file are meant from its folder. The audit log of `app` lies beside the journal, where the socket has it; an app without a journal has none. Throws MB_BAD_OPTIONS, and MB_NOT_FOUND where there is no such file. */
export async function adminOptions(
  { host, port }: Address,
  { dir, app, path }: { readonly dir: string; readonly app: string | undefined; readonly path: string | undefined },
): Promise<AdminOptions> {
  const given = path === undefined ? {} : await optionsIn(path)
  const access = given.access ?? ((await exists(tokensIn(dir))) ? { tokens: tokensIn(dir) } : undefined)
  return {
    host,
    port,
    console: consoleFiles() !== undefined,
    ...(app !== undefined && { audit: auditBeside(join(dir, app)) }),
    ...given,
    ...(access !== undefined && { access }),
  }
}

async function optionsIn(path: string): Promise<Partial<AdminOptions>> {
  const written = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new MetrobusError('MB_NOT_FOUND', { kind: 'file', name: path }, { cause })
  })
  const { access, tls, audit, ...rest } = file.readFile(written, `The file ${path}`)
  const from = (given: string): string => resolve(dirname(path), given)
  return {
    ...rest,
    ...(audit !== undefined && { audit: from(audit) }),
    ...(tls !== undefined && {
      tls: { cert: from(tls.cert), key: from(tls.key), ...(tls.ca !== undefined && { ca: from(tls.ca) }) },
    }),
    ...(access !== undefined && {
      access: {
        ...access,
        ...(access.tokens !== undefined && { tokens: from(access.tokens) }),
        ...(access.jwt !== undefined && {
          jwt: { ...access.jwt, keys: access.jwt.keys.startsWith('https:') ? access.jwt.keys : from(access.jwt.keys) },
        }),
      },
    }),
  }
}

const exists = (path: string): Promise<boolean> =>
  readFile(path).then(
    () => true,
    () => false,
  )
