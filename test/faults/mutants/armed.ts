/** Said when a mutant was put into its file: a sweep that never loads the file can say nothing about the mutant. */
export const armed = 'the mutant is armed'
