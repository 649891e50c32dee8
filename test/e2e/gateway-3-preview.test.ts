/** The same story under Kuma 3: on the sandbox alone, as a real control plane has one shape. */
import { tellGatewayStory } from './gateway-story';

if (process.env['E2E_KUMA'] === undefined) tellGatewayStory('3.x');
else it.skip('is told by gateway.test.ts there', () => undefined);
