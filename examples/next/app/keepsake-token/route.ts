import { keepsakeOf, signedInUser } from "../keepsake";

/** The token with which the page of the user who is signed in uploads. */
export async function POST() {
  const owner = await signedInUser();
  return Response.json(await keepsakeOf(owner).createToken({ owner }));
}
