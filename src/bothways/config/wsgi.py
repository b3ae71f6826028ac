"""The door for web servers."""

from django.core.wsgi import get_wsgi_application

from bothways.core import clock
from bothways.core.home import bothways_home, clock_file

# All processes of a simulated installation live in its time.
clock.follow(clock_file(bothways_home()))
application = get_wsgi_application()
