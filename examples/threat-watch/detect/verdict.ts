/** How all detectors say what they found. */
import type { Evidence, NoThreat, Threat, ThreatKind } from '../types.ts'

const evidenceMax = 20
const detailMax = 500

export const noThreat = (reason: string): NoThreat => ({ threat: false, reason })

/** The strongest evidence first. */
export const threat = (kind: ThreatKind, score: number, evidence: readonly Evidence[]): Threat => ({
  threat: true,
  kind,
  score: rounded(score),
  evidence: evidence.toSorted((a, b) => b.score - a.score).slice(0, evidenceMax),
})

export const evidence = (what: string, score: number, detail: string): Evidence => ({
  what,
  detail: detail.slice(0, detailMax),
  score: rounded(score),
})

/** Of independent reasons, each of which leaves its doubt: none of them makes the others weaker, and all together stay below 1. */
export const together = (scores: readonly number[]): number =>
  1 - scores.reduce((doubt, score) => doubt * (1 - score), 1)

/** Scores are printed and compared: three digits, between 0 and 1. */
const rounded = (score: number): number => Math.round(Math.min(1, Math.max(0, score)) * 1000) / 1000
