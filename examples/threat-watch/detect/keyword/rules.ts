/** What threats say in so many words. A rule alone is no proof: those who warn of fraud use the same words, and the classifier weighs the rest of what they say. */
export interface Rule {
  readonly name: string
  readonly pattern: RegExp
  /** What it adds to the logarithm of the odds. */
  readonly weight: number
}

export const rules: readonly Rule[] = [
  {
    name: 'credentials-for-sale',
    pattern:
      /\b(?:sell(?:ing)?|buy|sale|price|shop|stock)\b.{0,60}\b(?:fullz|logs|logins|combo ?lists?|dumps?|cvvs?|accounts with|stealer)\b|\b(?:fullz|combo ?lists?|cvvs?)\b.{0,60}\b(?:sell(?:ing)?|sale|price|btc|xmr|usdt|escrow)\b/,
    weight: 1.6,
  },
  {
    name: 'paid-in-secret',
    pattern:
      /\b(?:btc|xmr|monero|usdt|bitcoin)\b.{0,30}\b(?:only|accepted|escrow)\b|\bescrow\b.{0,20}\b(?:ok|accepted|welcome)\b|\b(?:dm|pm) me\b/,
    weight: 1,
  },
  {
    name: 'log-in-or-lose',
    pattern:
      /\b(?:verify|confirm|validate|update)\b.{0,40}\b(?:within \d+|immediately|now|or (?:it|your)|to avoid|before)\b|\b(?:suspended|locked|limited|restricted)\b.{0,80}\b(?:click|tap|log in|sign in|verify|confirm)\b/,
    weight: 1.2,
  },
  {
    name: 'tell-your-secrets',
    pattern:
      /\b(?:enter|submit|provide|send|type)\b.{0,60}\b(?:pin|cvv|one-time code|otp|recovery phrase|seed phrase|password)\b/,
    weight: 1.2,
  },
  {
    name: 'send-and-get-back',
    pattern:
      /\bsend\b.{0,40}\b(?:btc|eth|usdt|coins?)\b.{0,60}\b(?:back|double|twice)\b|\bguaranteed\b.{0,30}\b(?:profit|return|daily|weekly)\b/,
    weight: 1.6,
  },
  {
    name: 'phishing-tools',
    pattern:
      /\b(?:phishing kit|scam ?page|otp bot|anti-?bot|live panel)\b.{0,80}\b(?:sale|sell|rent|price|subscription|included|contact|updates)\b/,
    weight: 1.4,
  },
  {
    name: 'patched-app',
    pattern:
      /\b(?:mod(?:ded)?|cracked|hacked|patched)\b.{0,20}\bapk\b|\bapk\b.{0,40}\b(?:unlocked|unlimited|accessibility)\b/,
    weight: 1.6,
  },
]

/** Who says this is on the other side. */
export const warnings: readonly Rule[] = [
  {
    name: 'warns-of-fraud',
    pattern:
      /\b(?:never (?:asks?|share|tell|enter|click|give)|do not (?:click|enter|answer|share|call|pay)|don't (?:click|enter|fall|share|call|pay)|beware|report (?:it|them|such|any)|warns?|warning about|how to (?:spot|recogni[sz]e)|scam alert|fraud prevention)\b/,
    weight: -1.6,
  },
  {
    name: 'tells-of-the-past',
    pattern:
      /\b(?:sentenced|convicted|arrested|pleaded|prosecutors?|court|was taken down|were arrested|researchers?|according to|investigat(?:ed|ors|ion))\b/,
    weight: -1.4,
  },
]
