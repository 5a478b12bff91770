"""How one customer lives a month: every behavioural equation of the model, once, by theme.

Each rule is a short function of one customer: plain numbers in, a plain number out. Units: money in currency per month,
usage in GB per month; satisfaction, expectation, commitment, trust, habit, performance in 0 to 1; utility in utils. The
loop in sim/month/live.py calls the rules in the order of the month. A rule that stands in a theme's file is found here.
"""

from agents.customer.attention import *
from agents.customer.bonds import *
from agents.customer.choice import *
from agents.customer.experience import *
from agents.customer.money import *
from agents.customer.numbers import *
from agents.customer.records import *
from agents.customer.relations import *
