/** The other end of a TLS connection, as the server of Node knows it. */
import type { Peer } from './access.ts'

interface Subject {
  readonly [part: string]: string | readonly string[]
}

/** The part of Node's TLS socket that is needed; no other has it. */
interface SecureSocket {
  readonly authorized?: boolean
  getPeerCertificate?(): { readonly subject?: Subject }
}

const unknown: Peer = { subject: undefined }

/** Of a connection whose certificate was signed by the authority of the server; of any other one nothing is believed. */
export function peerOf(connection: unknown): Peer {
  const { incoming } = (connection ?? {}) as { readonly incoming?: { readonly socket?: SecureSocket } }
  const socket = incoming?.socket
  if (socket?.authorized !== true) return unknown
  const subject = socket.getPeerCertificate?.().subject
  return subject === undefined ? unknown : { subject: nameOf(subject) }
}

/** `CN=ann,O=Acme`; a comma within a part is written `\,`, so that no part can look like two. */
const nameOf = (subject: Subject): string =>
  Object.entries(subject)
    .flatMap(([part, values]) => [values].flat().map((value) => `${part}=${value.replaceAll(/[\\,]/g, '\\$&')}`))
    .join(',')
