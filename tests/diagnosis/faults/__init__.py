"""Faults for the shop, a module a family: what a cluster looks like some minutes after each."""

from tests.diagnosis.faults import admission as admission
from tests.diagnosis.faults import benign as benign
from tests.diagnosis.faults import components as components
from tests.diagnosis.faults import control_plane as control_plane
from tests.diagnosis.faults import databases as databases
from tests.diagnosis.faults import ending as ending
from tests.diagnosis.faults import given as given
from tests.diagnosis.faults import ill_nodes as ill_nodes
from tests.diagnosis.faults import jobs as jobs
from tests.diagnosis.faults import logins as logins
from tests.diagnosis.faults import lost_nodes as lost_nodes
from tests.diagnosis.faults import names as names
from tests.diagnosis.faults import nodes as nodes
from tests.diagnosis.faults import objects as objects
from tests.diagnosis.faults import policies as policies
from tests.diagnosis.faults import probes as probes
from tests.diagnosis.faults import pulls as pulls
from tests.diagnosis.faults import refusals as refusals
from tests.diagnosis.faults import routes as routes
from tests.diagnosis.faults import running as running
from tests.diagnosis.faults import scheduling as scheduling
from tests.diagnosis.faults import services as services
from tests.diagnosis.faults import starting as starting
from tests.diagnosis.faults import startup_probes as startup_probes
from tests.diagnosis.faults import storage as storage
from tests.diagnosis.faults import storms as storms
