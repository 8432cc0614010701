/** The part of the catalogue that tells of the admin API: of its servers, and of what is asked there. */
import { closest } from './closest.ts'

export const adminErrors = {
  MB_BAD_REQUEST: {
    family: 'refuse',
    message: (f: { faults: readonly string[] }): string => `The request cannot be served: ${f.faults.join('; ')}.`,
  },
  MB_BAD_SEARCH: {
    family: 'refuse',
    message: (f: { character: number; near: string; problem: string }): string =>
      `The search is not understood at character ${f.character}, near ${JSON.stringify(f.near)}: ${f.problem}.`,
  },
  MB_NOT_FOUND: {
    family: 'refuse',
    message: (f: { kind: string; name: string; known?: readonly string[] }): string =>
      `There is no ${f.kind} "${f.name}"${f.known === undefined ? '.' : instead(f.name, f.known)}`,
  },
  MB_UNAUTHENTICATED: {
    family: 'refuse',
    message: (f: { reason: string }): string => `It is not known who asks: ${f.reason}.`,
  },
  MB_FORBIDDEN: {
    family: 'refuse',
    message: (f: { identity: string; right: string }): string => `${f.identity} may not ask this: it needs ${f.right}.`,
  },
  MB_OPEN_ADMIN: {
    family: 'stop',
    message: (f: { where: string }): string =>
      `At ${f.where} the admin API would be open to everybody who can connect: say who may ask, by tokens, an identity provider or certificates, or take 127.0.0.1.`,
  },
  MB_ANSWER_TOO_LARGE: {
    family: 'refuse',
    message: (f: { lengthMax: number }): string =>
      `The answer would have more than ${f.lengthMax} characters: ask for fewer at a time, or for one.`,
  },
  MB_TOO_MANY_REQUESTS: {
    family: 'refuse',
    message: (f: { perSecond: number }): string =>
      `More than ${f.perSecond} requests a second are not served to one that asks: wait a second.`,
  },
  MB_APPROVAL_NEEDED: {
    family: 'refuse',
    message: (f: { act: string; id: string; until: string }): string =>
      `The act ${f.act} takes two here: somebody else must approve ${f.id} before ${f.until}; then ask once more, word for word.`,
  },
  MB_OWN_PROPOSAL: {
    family: 'refuse',
    message: (f: { id: string; identity: string }): string =>
      `${f.identity} has proposed ${f.id}, and cannot approve it: somebody else must.`,
  },
  MB_TOO_MANY_PROPOSALS: {
    family: 'refuse',
    message: (f: { proposalsMax: number }): string =>
      `${f.proposalsMax} acts wait for an approval, and no more can: approve some, or wait until they expire.`,
  },
  MB_AUDIT_FAILED: {
    family: 'refuse',
    message: (f: { file: string; reason: string; done: boolean }): string =>
      `${f.done ? 'It was done, but its end' : 'Nothing was done, because it'} could not be written to the audit log ${f.file}: ${f.reason}`,
  },
  MB_AUDIT_BROKEN: {
    family: 'refuse',
    message: (f: { file: string; line: number; problem: string }): string =>
      `The audit log ${f.file} is damaged at line ${f.line} (${f.problem}): keep it as evidence, and move it away for a new one to begin.`,
  },
  MB_AUDIT_FOREIGN: {
    family: 'refuse',
    message: (f: { bytes: number }): string =>
      `The audit log has not the ${f.bytes} bytes that were written to it: somebody else has changed it. Start again to have it looked through.`,
  },
  MB_NOT_RUNNING: {
    family: 'refuse',
    message: (f: { what: string }): string =>
      `${f.what} needs the running app, and no process holds this journal: start it with \`metrobus run <app>\`, or name its module with \`--app <module>\`.`,
  },
  MB_TOO_MANY_STREAMS: {
    family: 'refuse',
    message: (f: { streamsMax: number }): string =>
      `${f.streamsMax} streams are open, and more are not served: end one of them first.`,
  },
  MB_FOREIGN_PAGE: {
    family: 'refuse',
    message: (f: { fault: string }): string =>
      `The console does not answer this request, because ${f.fault}: open it at http://127.0.0.1 and its port.`,
  },
  MB_NO_CONSOLE: {
    family: 'refuse',
    message: (): string => 'The console is not built here: run `npm run console`, or take the published package.',
  },
  MB_CANNOT_LISTEN: {
    family: 'stop',
    message: (f: { where: string; reason: string }): string =>
      `Cannot listen at ${f.where} (${f.reason}): free it, or choose another.`,
  },
  MB_UNREACHABLE: {
    family: 'refuse',
    message: (f: { where: string; reason: string }): string => `Nothing answers at ${f.where}: ${f.reason}.`,
  },
  MB_ANSWERED: {
    family: 'refuse',
    message: (f: { code: string; message: string; status: number }): string => f.message,
  },
} as const

const namesMax = 10

/** What was probably meant, else what is there. */
function instead(name: string, known: readonly string[]): string {
  const meant = closest(name, known)
  if (meant !== undefined) return `: did you mean "${meant}"?`
  const rest = known.length > namesMax ? ` and ${known.length - namesMax} more` : ''
  return `; there is ${known.slice(0, namesMax).join(', ') || 'none at all'}${rest}.`
}
