/**
 * Does an app pretend to be one of the client? Five likenesses make a score. Once its file was read, the certificate that it is signed with decides: nobody but the client can
 * sign with the client's key.
 */
import type { AppListing, Detector, Evidence } from '../../types.ts'
import { evidence, noThreat, threat } from '../verdict.ts'
import { descriptionLikeness, likenessesAtSight } from './likenesses.ts'
import { threshold, weights } from './weights.ts'

export const fakeApp: Detector = (candidate, knowledge) => {
  if (candidate.kind !== 'app') return noThreat('other-kind')
  const certificates = new Set(knowledge.apps.flatMap(({ certificates }) => certificates))
  if (candidate.certificates?.some((certificate) => certificates.has(certificate)) === true)
    return noThreat('signed-by-client')
  const atSight = likenessesAtSight(candidate, knowledge)
  const score = scoreOf(atSight)
  if (score === 0) return noThreat('not-alike')
  // Texts are long: they are compared where they can decide.
  const texts = score < threshold - weights.description ? [] : descriptionLikeness(candidate, knowledge)
  const likenesses = [...atSight, ...texts]
  const total = scoreOf(likenesses)
  if (total < threshold) return noThreat('weak-likeness')
  return threat('fake-app', total, [...likenesses, ...signedByOther(candidate, certificates)])
}

const scoreOf = (likenesses: readonly Evidence[]): number =>
  likenesses.reduce((sum, { what, score }) => sum + score * weights[what as keyof typeof weights], 0)

/** Says nothing about the likeness, and has no part in the score. */
function signedByOther({ certificates }: AppListing, known: ReadonlySet<string>): readonly Evidence[] {
  if (certificates === null || known.size === 0) return []
  const signer = certificates.length === 0 ? 'by nobody' : `with ${certificates.join(', ')}`
  return [evidence('certificate', 1, `signed ${signer}, which is no certificate of the client`)]
}
