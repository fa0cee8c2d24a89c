// The dashboard in Chromium, at a released gateway that has every device approved by a person.
import { approveDevice } from '../fleet/support/owner.mjs';
import { withFleet } from './support/fleet.mjs';

const fleetTest = withFleet({ asksForPairing: true });

fleetTest('a device that has to be approved connects once it was', async (fleet, gateway) => {
  await fleet.is('blocked');
  const requestId = await fleet.page.getByTestId('request-id').textContent();
  await fleet.connection.getByText(`openclaw devices approve ${requestId}`).waitFor();
  await approveDevice(gateway, requestId);
  await fleet.connection.getByRole('button', { name: 'Connect', exact: true }).click();
  await fleet.agent('Ada').waitFor();
});
