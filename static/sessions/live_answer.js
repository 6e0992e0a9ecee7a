/** What an answer of the live protocol says: the class that is named, or "" where the model's best class is withheld. */
export const said = (answer) => (answer.abstained ? "" : answer.exercise ?? "");
