"""The history of the database's tables: those of the content, and those that loading content leaves alone."""

from sqlalchemy import MetaData

from nmt_guide.analytics.tables import metadata as analytics
from nmt_guide.channels.tables import metadata as channels
from nmt_guide.directory.tables import metadata as directory
from nmt_guide.handoff.tables import metadata as handoff
from nmt_guide.knowledge.tables import metadata as knowledge
from nmt_guide.webchat.tables import metadata as webchat

#: All tables that the migrations make, by the package that describes them.
DESCRIBED: list[MetaData] = [knowledge, directory, handoff, webchat, channels, analytics]
