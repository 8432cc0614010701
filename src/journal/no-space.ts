/** The disk is full, or a quota is: it may pass, and nothing is lost by it. Every other failure of a write is of another kind. */
export function isNoSpace(error: unknown): boolean {
  const code = (error as { code?: unknown }).code
  return code === 'ENOSPC' || code === 'EDQUOT'
}
