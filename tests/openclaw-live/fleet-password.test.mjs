// The dashboard at a gateway that has a password in place of a token.
import { withFleet } from './support/fleet.mjs';

const PASSWORD = 'the-password-of-the-tests';
const fleetTest = withFleet({ auth: { mode: 'password', password: PASSWORD } });

fleetTest('a gateway that has a password asks for it, and lets the page in with it', async (fleet) => {
  const { page } = fleet;
  await fleet.is('blocked');
  await fleet.connection.getByText("Give the client the gateway's password.").waitFor();
  await page.locator('#form-password[aria-invalid=true]').fill(PASSWORD);
  await page.getByRole('button', { name: 'Use this gateway' }).click();
  await fleet.agent('Ada').waitFor();
  await page.reload();
  await fleet.agent('Ada').waitFor();
});
