/** What is shown while there is nothing else: waiting, or why it failed. */
export function Notice({ error, what }: { readonly error: Error | undefined; readonly what: string }) {
  return error === undefined ? (
    <p class="empty" aria-busy="true">
      Reading {what} …
    </p>
  ) : (
    <p class="fault" role="alert">
      {error.message}
    </p>
  )
}
