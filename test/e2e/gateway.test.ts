import { tellGatewayStory } from './gateway-story';

tellGatewayStory('2.14');
