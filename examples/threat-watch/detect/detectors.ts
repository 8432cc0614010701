/** All that looks at a candidate. */
import type { Detector, ThreatKind } from '../types.ts'
import { fakeApp } from './fake-app/fake-app.ts'
import { fakeDomain } from './fake-domain/fake-domain.ts'
import { keyword } from './keyword/keyword.ts'

export const detectors: Readonly<Record<ThreatKind, Detector>> = {
  'fake-app': fakeApp,
  'fake-domain': fakeDomain,
  keyword,
}
