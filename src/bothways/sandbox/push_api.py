"""The push service's path, and the order to subscribe a browser."""

from aiohttp import web

from bothways.sandbox.browsers import PREFIX, take
from bothways.sandbox.world import World


def routes(world: World) -> list[web.RouteDef]:
    async def notice(request: web.Request) -> web.StreamResponse:
        taken = await take(request, world.browsers)
        if isinstance(taken, web.Response):
            return taken
        name, shown = taken
        world.show_notice(name, shown, ref=request.headers.get("Topic") or None)
        return web.Response(status=201, headers={"Location": f"{world.url}{PREFIX}/{name}"})

    return [web.post(PREFIX + "/{name}", notice)]
